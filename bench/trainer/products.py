"""The peer of bench/trainer/roofline.ts: a matrix product a line as JSON {"m", "k", "n", "transA", "transB", "batch", "times"}; answers the fastest of its runs in ms."""

import json, sys, time

import torch

torch.set_num_threads(int(sys.argv[1]))
for line in sys.stdin:
    p = json.loads(line)
    batch = [p["batch"]] if p["batch"] > 1 else []
    a = torch.rand(*batch, *((p["k"], p["m"]) if p["transA"] else (p["m"], p["k"]))) - 0.5
    b = torch.rand(*batch, *((p["n"], p["k"]) if p["transB"] else (p["k"], p["n"]))) - 0.5
    x, y = a.mT if p["transA"] else a, b.mT if p["transB"] else b
    best = float("inf")
    for _ in range(p["times"]):
        began = time.perf_counter()
        torch.matmul(x, y)
        best = min(best, time.perf_counter() - began)
    print(json.dumps(1000 * best), flush=True)
