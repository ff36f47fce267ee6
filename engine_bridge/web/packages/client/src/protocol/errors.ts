/** A message that the protocol does not allow; `code` is the one that SPEC.md's section 9 gives it. */
export class WireError extends Error {
  constructor(
    readonly code: "bad_message" | "too_large" | "unknown_type",
    message: string,
  ) {
    super(message);
    this.name = "WireError";
  }
}
