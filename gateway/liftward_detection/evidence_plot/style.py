"""How the plot looks: the console's own colours in light and dark, and shapes that need no colour.

Contrasts of text hold WCAG AA in both. Must not know what is drawn.
"""

STYLE = (
    "text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','PingFang SC',"
    "'Microsoft YaHei','Noto Sans CJK SC',sans-serif;fill:#10191f}"
    ".ground{fill:#fff}.heading{font-size:14px;font-weight:600}.name{fill:#4b5b66}"
    ".curve{fill:none;stroke:#05608f;stroke-width:1.8}"
    ".bar{fill:#e5ebef;stroke:#71828e}.bar.alarming{fill:#fdf1d6;stroke:#7d4e00;stroke-width:1.5}"
    ".press{stroke:#7d4e00;stroke-width:3}"
    ".level{stroke:#b01326;fill:#fde6e8}.level.suspected{stroke-dasharray:4 3}"
    ".level.confirmed{stroke-width:2.5}"
    ".zero,.grid{stroke:#d3dce2}.grid{stroke-dasharray:1 4}.axis{stroke:#71828e}"
    ".onset{stroke:#10191f;stroke-dasharray:5 3}"
    ".hatched{fill:url(#h)}.hatch{stroke:#71828e;stroke-width:1.5}"
    ".state{paint-order:stroke;stroke:#fff;stroke-width:2.5px;stroke-linejoin:round}"
    "@media (prefers-color-scheme:dark){"
    "text{fill:#edf2f5}.ground{fill:#141c22}.name{fill:#a3b4c0}.curve{stroke:#5cc8ff}"
    ".bar{fill:#22303a;stroke:#5f7382}.bar.alarming{fill:#33270b;stroke:#ffc24d}"
    ".press{stroke:#ffc24d}.level{stroke:#ff8080;fill:#3d1518}"
    ".zero,.grid{stroke:#2a3741}.axis,.hatch{stroke:#5f7382}.onset{stroke:#edf2f5}"
    ".state{stroke:#141c22}}"
)
