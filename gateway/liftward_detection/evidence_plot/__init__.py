"""The picture of what a lift told around a verdict: samples and verdicts in, SVG text out. Pure.

Moments are numbers: seconds since 1970, UTC; whoever asks gives the offset of the local clock.
`plot.draw` puts lanes from `lanes` over one time axis from `axis`, in words from `words`, written
by `svg`. No personal data enters: a lift, its signals, the detector's words.
"""
