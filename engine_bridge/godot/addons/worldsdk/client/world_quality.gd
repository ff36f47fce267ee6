class_name WorldQuality
extends RefCounted
## How good a connection is. Times in milliseconds, 0 where nothing was measured yet.

## Frames a second that arrived during the last two seconds.
var rate := 0.0
## Of the newest frame: since it arrived.
var age_ms := 0.0
## From an input leaving to the first frame with it being drawn, median and 95th percentile.
var action_to_photon_ms := 0.0
var action_to_photon_p95_ms := 0.0
## Median round trip of a ping.
var rtt_ms := 0.0
## 95th percentile of how much later than the quickest a frame arrived.
var jitter_ms := 0.0
## Frames that arrived.
var frames := 0
## Frames that the server replaced by newer ones before they could be sent.
var replaced := 0
## Frames that arrived after the moment they were due (paced presentation only).
var late := 0
## Frames that arrived and were overtaken by a newer one before they were drawn.
var dropped := 0
## Ticks of the server's that missed their deadline.
var missed := 0
## Times that a lost connection was taken up again.
var reconnects := 0

func _to_string() -> String:
	return "%.1f Hz, action to photon %.0f ms (p95 %.0f), rtt %.1f ms, age %.0f ms, %d frames, %d replaced, %d late, %d missed" % [
		rate, action_to_photon_ms, action_to_photon_p95_ms, rtt_ms, age_ms, frames, replaced, late, missed]
