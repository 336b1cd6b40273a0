/** What came does not fit; its message is a sentence for people, shown without a stack. */
export class UsageError extends Error {}
