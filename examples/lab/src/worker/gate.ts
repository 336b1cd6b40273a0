/** Holds training between two steps while it is closed. */
export class Gate {
  private isClosed = false;
  private release: (() => void) | undefined;

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.isClosed = false;
    this.letOneThrough();
  }

  /** Who waits goes on; whoever comes next waits again if it is closed. */
  letOneThrough(): void {
    this.release?.();
    this.release = undefined;
  }

  /** Waits while it is closed. `onWait` is called before. */
  async pass(onWait: () => void): Promise<void> {
    if (!this.isClosed) return;
    onWait();
    await new Promise<void>((resolve) => {
      this.release = resolve;
    });
  }
}
