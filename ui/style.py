"""The style of what the pages draw themselves, in the light and the dark theme."""

from __future__ import annotations

# Each colour is resolved where it is used: the theme sets the colour scheme there, and a text on it has AA contrast.
RULES = """
:root {
  --qa-quiet: light-dark(#57534e, #bab4ae); --qa-strong: light-dark(#0f766e, #5eead4);
  --qa-chosen: light-dark(#115e59, #5eead4);
  --qa-line: light-dark(#e7e5e0, #44403c); --qa-plate: light-dark(#ecebe6, #3a3633);
  --qa-mark: light-dark(#ccfbf1, #115e59); --qa-sentence: light-dark(#f5f0dc, #4a3f1d);
  --qa-frame: light-dark(#f0fdfa, #14302d);
}
.block-container {max-width: 62rem; padding-top: 4.2rem;}
.qa-title {font-size: 1.9rem; font-weight: 650; letter-spacing: -.02em; margin: 0;}
.qa-tagline {color: var(--qa-quiet); margin: .15rem 0 .4rem;}
.qa-card {border: 1px solid var(--qa-line); border-radius: .6rem; padding: 1rem; margin: 0 0 1rem;}
.qa-card summary {cursor: pointer; font-weight: 600;}
.qa-head {display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap;}
.qa-place {color: var(--qa-quiet); font-variant-numeric: tabular-nums;}
.qa-article {font-weight: 600; font-size: 1.05rem; overflow-wrap: anywhere;}
.qa-badge {font-size: .72rem; padding: .1rem .5rem; border-radius: 1rem; background: var(--qa-plate); color: inherit;}
.qa-score {margin-left: auto; display: flex; align-items: center; gap: .45rem;}
.qa-score {color: var(--qa-quiet); font-size: .8rem;}
.qa-bar {width: 4.5rem; height: .35rem; border-radius: 1rem; background: var(--qa-line); overflow: hidden;}
.qa-bar > span {display: block; height: 100%; background: var(--qa-strong);}
.qa-text {line-height: 1.65; white-space: pre-line; margin: .5rem 0; overflow-wrap: anywhere;}
.qa-text:lang(zh) {line-height: 1.85;}
.qa-text mark {background: var(--qa-mark); color: inherit; padding: .08em .15em; border-radius: .25em;}
.qa-text mark {font-weight: 600;}
.qa-text mark.qa-sentence {background: var(--qa-sentence); font-weight: inherit;}
.qa-text u {text-decoration: underline dotted var(--qa-strong) .1em; text-underline-offset: .22em;}
.qa-fate {margin: 0 0 .3rem; font-weight: 600;}
.qa-moved {color: var(--qa-strong); white-space: nowrap;}
.qa-columns {display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 1.2rem;}
.qa-columns h2, .qa-section {font-size: 1rem; font-weight: 650; margin: .6rem 0 .3rem; padding: 0;}
.qa-columns ol {padding-left: 1.3rem; margin: 0;}
.qa-columns b {font-size: .92rem;} .qa-columns li {margin: 0 0 .6rem; overflow-wrap: anywhere;}
.qa-columns small {color: var(--qa-quiet);} .qa-alone {background: var(--qa-mark);}
.qa-scroll {overflow-x: auto;} .qa-table {border-collapse: collapse; font-variant-numeric: tabular-nums;}
.qa-table th, .qa-table td {text-align: left; padding: .2rem 1.2rem .2rem 0;}
.qa-aid {font-size: .9rem; color: var(--qa-quiet);} .qa-aid summary {cursor: pointer;}
.qa-tokens.qa-tokens {display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; padding: 0; margin: 0;}
.qa-tokens li {background: var(--qa-plate); border-radius: .4rem; padding: .1rem .5rem; margin: 0;}
.qa-tokens li {overflow-wrap: anywhere;}
.qa-heading {color: var(--qa-quiet); font-size: .82rem;}
.qa-ranks {display: flex; flex-wrap: wrap; gap: .35rem .9rem; font-size: .8rem; color: var(--qa-quiet);}
.qa-ranks b {font-weight: 600; color: inherit; font-variant-numeric: tabular-nums;}
.qa-frame {border-left: .25rem solid var(--qa-strong); background: var(--qa-frame); border-radius: .3rem;}
.qa-frame {padding: .5rem .9rem;}
.qa-whole {max-height: 32rem; overflow-y: auto; border-top: 1px solid var(--qa-line); padding-top: .5rem;}
/* Snapping for a moment brings the frame into view without a script; then the reader scrolls freely. */
.qa-whole {animation: qa-snap .4s;} .qa-frame {scroll-snap-align: start; scroll-margin-top: 3rem;}
@keyframes qa-snap {from, to {scroll-snap-type: y mandatory;}}
/* Streamlit writes these in the primary colour, which must be dark enough to carry white text elsewhere. */
[data-testid="stButtonGroup"] [data-selected="true"] *, [data-testid="stSliderThumbValue"] * {color: var(--qa-chosen);}
/* Streamlit shows the focus by a shade that is hard to see. */
:focus-visible {outline: .15rem solid var(--qa-strong) !important; outline-offset: .1rem;}
input:focus-visible, textarea:focus-visible {outline-offset: -.15rem;}
/* Streamlit's hint lies over the question on a phone. */
[data-testid="InputInstructions"] {display: none;}
@media (max-width: 640px) {.block-container {padding-left: 1rem; padding-right: 1rem;} .qa-title {font-size: 1.5rem;}}
"""
