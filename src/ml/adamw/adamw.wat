;; AdamW on blocks of floats, four at a time. adamw.ts says what it computes and calls it; scripts/make-adamw.ts turns it into adamw.wasm.ts.
;; Addresses and ends are in bytes; a block is a multiple of 16 bytes long.
(module
  (memory (export "memory") 4)

  ;; w, g, m and v lie one after another in memory, each `bytes` long; w, m and v are written over.
  (func (export "update")
    (param $bytes i32)
    (param $beta1 f32) (param $scale1 f32) (param $beta2 f32) (param $scale2 f32)
    (param $stepSize f32) (param $epsilon f32) (param $keep f32)
    (local $w i32) (local $g i32) (local $m i32) (local $v i32) (local $end i32)
    (local $grad v128) (local $nextM v128) (local $nextV v128)
    (local.set $end (local.get $bytes))
    (local.set $g (local.get $bytes))
    (local.set $m (i32.add (local.get $g) (local.get $bytes)))
    (local.set $v (i32.add (local.get $m) (local.get $bytes)))
    (loop $four
      (local.set $grad (v128.load (local.get $g)))
      ;; m′ = β₁·m + scale1·g
      (local.set $nextM
        (f32x4.add
          (f32x4.mul (v128.load (local.get $m)) (f32x4.splat (local.get $beta1)))
          (f32x4.mul (local.get $grad) (f32x4.splat (local.get $scale1)))))
      ;; v′ = β₂·v + scale2·g²
      (local.set $nextV
        (f32x4.add
          (f32x4.mul (v128.load (local.get $v)) (f32x4.splat (local.get $beta2)))
          (f32x4.mul (f32x4.mul (local.get $grad) (local.get $grad)) (f32x4.splat (local.get $scale2)))))
      (v128.store (local.get $m) (local.get $nextM))
      (v128.store (local.get $v) (local.get $nextV))
      ;; w′ = keep·w − stepSize·m′ / (√v′ + ε)
      (v128.store (local.get $w)
        (f32x4.sub
          (f32x4.mul (v128.load (local.get $w)) (f32x4.splat (local.get $keep)))
          (f32x4.div
            (f32x4.mul (local.get $nextM) (f32x4.splat (local.get $stepSize)))
            (f32x4.add (f32x4.sqrt (local.get $nextV)) (f32x4.splat (local.get $epsilon))))))
      (local.set $w (i32.add (local.get $w) (i32.const 16)))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (br_if $four (i32.lt_u (local.get $w) (local.get $end)))))

  ;; x += y, which lie one after the other in memory, each `bytes` long; Σ x² of what comes out, added up in 64 bits.
  (func (export "addAndSquare") (param $end i32) (result f64)
    (local $at i32) (local $x v128) (local $low v128) (local $high v128) (local $sums v128)
    (loop $four
      (local.set $x (f32x4.add (v128.load (local.get $at)) (v128.load (i32.add (local.get $at) (local.get $end)))))
      (v128.store (local.get $at) (local.get $x))
      (local.set $low (f64x2.promote_low_f32x4 (local.get $x)))
      (local.set $high
        (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x))))
      (local.set $sums
        (f64x2.add
          (local.get $sums)
          (f64x2.add (f64x2.mul (local.get $low) (local.get $low)) (f64x2.mul (local.get $high) (local.get $high)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $four (i32.lt_u (local.get $at) (local.get $end))))
    (f64.add (f64x2.extract_lane 0 (local.get $sums)) (f64x2.extract_lane 1 (local.get $sums)))))
