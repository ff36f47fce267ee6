/** The text of a bundled script; see scripts/inline_worker.mjs. */
declare module "inline-worker:*" {
  const source: string;
  export default source;
}
