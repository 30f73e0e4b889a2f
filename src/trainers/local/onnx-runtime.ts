/**
 * ONNX Runtime with its telemetry off. The published packages (1.30, Linux and macOS) keep a device id in the home folder and send use and machine data
 * to Microsoft, unless this variable is set before the first session: then nothing is kept or sent (github.com/microsoft/onnxruntime/pull/27379).
 */

import * as ort from 'onnxruntime-node'

process.env['ORT_DISABLE_TELEMETRY'] = '1'

export { ort }
