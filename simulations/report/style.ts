/** The page's style, within it: it opens from a disk, without a network. Colours are those of the dashboard, light and dark. */

const LIGHT = `color-scheme:light;--bg:#f3f5f9;--card:#fff;--sunk:#f0f3f8;--ink:#131a26;--muted:#566175;--line:#dfe4ec;--strong:#b9c2d0;--bad:#b3261e;--warn:#8a5200;--warn-soft:#fdf0db;
--c1:#2c55cf;--c2:#c2571a;--c3:#8a63c9;--c4:#0f8a7e;--c5:#b3316f;--c6:#8c7a14;--quiet:#9aa5b5;--shadow:0 1px 2px rgb(19 26 38/6%),0 4px 16px rgb(19 26 38/4%)`;
const DARK = `color-scheme:dark;--bg:#0c1018;--card:#141a25;--sunk:#1b2331;--ink:#e9eef7;--muted:#9aa7bb;--line:#273040;--strong:#46536a;--bad:#ff9a91;--warn:#eab35a;--warn-soft:#39290f;
--c1:#86a8ff;--c2:#f09a5f;--c3:#bf9df2;--c4:#4ccabc;--c5:#f287b4;--c6:#d8c45a;--quiet:#6d7b92;--shadow:0 1px 2px rgb(0 0 0/40%)`;

export const STYLE = `
:root{${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*,*::before,*::after{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
h1,h2,h3,p,dl,dd,figure,ul{margin:0;padding:0}
h1{font-size:1.9rem;line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:1.2rem;letter-spacing:-.01em;margin:34px 0 14px}
h3{font-size:1rem;line-height:1.3}
main{max-width:1400px;margin:0 auto;padding:26px 24px 10px}
.kind{color:var(--muted);font-size:.85rem;font-weight:600;letter-spacing:.02em;margin-bottom:6px}
.lead{color:var(--muted);font-size:1.05rem;margin-top:6px;max-width:70ch}
.set{color:var(--muted);margin-top:6px;max-width:90ch;overflow-wrap:anywhere}
.set b{color:var(--ink);font-weight:600}
.warn{margin-top:14px;padding:9px 14px;border-radius:9px;background:var(--warn-soft);color:var(--warn);font-weight:600}
.muted{color:var(--muted)}
.bad{color:var(--bad)}
.card,.tiles>div{background:var(--card);border:1px solid var(--line);border-radius:12px;box-shadow:var(--shadow)}
.card{padding:16px 18px;min-width:0}
.card p,.card>p{color:var(--muted);font-size:.86rem;margin-top:2px}
.grid-of{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(min(100%,380px),1fr));align-items:stretch}
.across{grid-column:1/-1}
.tiles{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(100%,165px),1fr));margin:22px 0 18px}
.tiles>div{padding:13px 16px}
.tiles dt{color:var(--muted);font-size:.84rem}
.tiles dd{font-size:1.5rem;font-weight:650;letter-spacing:-.015em;line-height:1.3;font-variant-numeric:tabular-nums}
.tiles .first dd:nth-of-type(1){color:var(--c1)}
.tiles .under{color:var(--muted);font-size:.82rem;font-weight:400;letter-spacing:0}
.facts{display:flex;flex-wrap:wrap;gap:4px 28px;font-size:.88rem}
.facts>div{display:flex;gap:8px;min-width:0}
.facts dt{color:var(--muted);flex:none}
.facts dd{overflow-wrap:anywhere}
figure.card{display:flex;flex-direction:column}
figure svg{display:block;width:100%;height:auto;margin-top:auto}
figure>svg,figure>div{margin-top:auto;padding-top:10px}
.at-narrow{display:none}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;font-size:.84rem;margin-top:8px}
.legend li{display:inline-flex;align-items:center;gap:7px}
i.line,i.block,i.dashed{display:inline-block;flex:none;width:16px;height:3px;border-radius:2px;background:var(--c)}
i.block{width:11px;height:11px;border-radius:3px}
i.dashed{height:0;background:none;border-top:2px dashed var(--c);border-radius:0}
th>i.line{margin-right:8px;vertical-align:middle}
svg text{fill:var(--muted);font-size:11.5px;font-variant-numeric:tabular-nums}
svg .end{text-anchor:end}
svg .middle{text-anchor:middle}
svg .note{fill:var(--ink);font-weight:600}
svg .grid{stroke:var(--line);fill:none}
svg .axis{stroke:var(--strong);fill:none}
svg .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
svg .thin{stroke-width:1.3;opacity:.8}
svg .faint{stroke-width:1;opacity:.45}
svg .dashed{stroke-dasharray:5 4;stroke-width:1.5}
svg .band{opacity:.16}
svg .level{stroke:var(--muted);stroke-dasharray:5 4;fill:none}
svg .drop{stroke-width:1.3;stroke-dasharray:2 3;fill:none}
svg .dot{stroke:var(--card);stroke-width:1.5}
svg .flag{fill:var(--bad)}
.scroll{overflow-x:auto}
.card>p+.scroll,summary+.scroll{margin-top:12px}
.overview{margin-top:22px}
table{border-collapse:collapse;width:100%;font-size:.87rem;font-variant-numeric:tabular-nums}
th,td{padding:6px 8px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
thead th{color:var(--muted);font-weight:500;white-space:normal;vertical-align:bottom;line-height:1.3}
th:first-child{text-align:left;padding-left:0}
th[scope=row]{font-weight:600}
tbody tr:last-child>*{border-bottom:0}
td:last-child,th:last-child{padding-right:0}
.seed{font-weight:400;padding-left:26px}
details.run{margin-top:18px}
summary{cursor:pointer;font-weight:600}
details.run>summary{font-size:1.05rem;padding:10px 2px}
:focus-visible{outline:3px solid var(--c1);outline-offset:2px;border-radius:4px}
footer{max-width:1400px;margin:0 auto;padding:14px 24px 30px;color:var(--muted);font-size:.85rem}
@media (max-width:820px){.at-wide{display:none}.at-narrow{display:block}}
@media (max-width:640px){h1{font-size:1.45rem}main{padding:16px 12px 6px}.card{padding:13px 13px 11px}.tiles{grid-template-columns:1fr 1fr;gap:8px}.tiles>div{padding:10px 12px}.tiles dd{font-size:1.2rem}footer{padding:10px 12px 24px}}
@media print{body{background:#fff}.card,.tiles>div{box-shadow:none;break-inside:avoid}}
`;
