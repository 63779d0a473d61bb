/** The style sheet of the guides. It stands inside each page, which so needs nothing else. */
export const guideStyle = `
:root {
  color-scheme: light dark;
  --text: #1c2024; --soft: #5b6470; --line: #d8dde3; --paper: #ffffff; --tint: #f5f7f9; --link: #0b5cad;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e8ec; --soft: #a0aab5; --line: #363d45; --paper: #14171a; --tint: #1d2226; --link: #7db8f5; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; color: var(--text); background: var(--paper);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--link); text-underline-offset: 0.15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -99em; }
.skip:focus { left: 1rem; top: 0.5rem; padding: 0.25rem 0.75rem; background: var(--paper); z-index: 1; }
header {
  display: flex; flex-wrap: wrap; gap: 0.25rem 2rem; padding: 0.75rem 1.5rem;
  border-bottom: 1px solid var(--line); background: var(--tint);
}
header .home { font-weight: 600; color: var(--text); text-decoration: none; }
.columns { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 0 2.5rem; max-width: 75rem; margin: 0 auto; padding: 0 1.5rem 4rem; }
nav { padding-top: 2rem; }
nav ul { position: sticky; top: 1.5rem; margin: 0; padding: 0; list-style: none; }
nav a { display: block; padding: 0.3rem 0.75rem; border-left: 3px solid var(--line); color: var(--soft); text-decoration: none; }
nav a:hover { color: var(--text); }
nav a[aria-current] { border-color: var(--link); color: var(--text); font-weight: 600; }
main { padding-top: 1.5rem; }
main > p, main > ul, main > ol, main > h1, main > h2, main > h3 { max-width: 46rem; }
h1, h2, h3 { line-height: 1.25; }
h1 { font-size: 1.9rem; margin: 0.25rem 0 1rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 0.75rem; padding-top: 0.75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.75rem 0 0.5rem; }
p, ul, ol { margin: 0 0 1rem; }
li { margin: 0.2rem 0; }
.anchor { color: var(--soft); font-weight: 400; text-decoration: none; opacity: 0; }
:is(h2, h3):hover .anchor, .anchor:focus { opacity: 1; }
.contents { margin: 1.5rem 0; padding: 0.5rem 1rem; border: 1px solid var(--line); border-radius: 6px; max-width: 46rem; }
.contents summary { cursor: pointer; font-weight: 600; }
.contents ul { margin: 0.5rem 0; columns: 2; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
code { font-size: 0.88em; padding: 0.1em 0.3em; border-radius: 4px; background: var(--tint); overflow-wrap: anywhere; }
pre { margin: 0 0 1.25rem; padding: 0.9rem 1rem; border: 1px solid var(--line); border-radius: 6px; background: var(--tint); overflow-x: auto; font-size: 0.85rem; line-height: 1.5; }
pre code { padding: 0; background: none; font-size: inherit; overflow-wrap: normal; }
.scroll { overflow-x: auto; margin: 0 0 1.25rem; }
table { border-collapse: collapse; font-size: 0.93rem; line-height: 1.45; }
th, td { padding: 0.45rem 0.9rem 0.45rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td { min-width: 4rem; }
td:last-child { min-width: 14rem; }
td code { overflow-wrap: normal; white-space: nowrap; }
figure { margin: 0 0 1.5rem; }
figure .scroll { margin: 0; }
.picture { margin: 0; width: max-content; min-width: 100%; line-height: 1.25; }
figcaption { margin-top: 0.4rem; color: var(--soft); font-size: 0.9rem; max-width: 46rem; }
@media (max-width: 50rem) {
  .columns { display: block; padding: 0 1rem 3rem; }
  header { padding: 0.75rem 1rem; }
  nav { padding-top: 1rem; }
  nav ul { position: static; display: flex; flex-wrap: wrap; gap: 0.25rem; }
  nav a { padding: 0.2rem 0.6rem; border: 1px solid var(--line); border-radius: 999px; font-size: 0.9rem; }
  .contents ul { columns: 1; }
  .picture { font-size: 0.72rem; padding: 0.75rem; }
  h1 { font-size: 1.6rem; }
}
@media print { nav, header, .skip, .contents { display: none; } .columns { display: block; } }
`;
