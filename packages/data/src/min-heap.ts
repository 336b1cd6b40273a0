/** Gives the first of its items by an order. (Binary heap) */
export class MinHeap<T> {
  private readonly items: T[] = [];

  constructor(private readonly isBefore: (a: T, b: T) => boolean) {}

  push(item: T): void {
    const { items } = this;
    let i = items.length;
    for (; i > 0; i = (i - 1) >> 1) {
      const parent = items[(i - 1) >> 1];
      if (!this.isBefore(item, parent)) break;
      items[i] = parent;
    }
    items[i] = item;
  }

  pop(): T | undefined {
    const { items } = this;
    const first = items[0];
    const item = items.pop();
    if (item === undefined || items.length === 0) return first;
    let i = 0;
    for (let child = 1; child < items.length; child = 2 * i + 1) {
      if (child + 1 < items.length && this.isBefore(items[child + 1], items[child])) child++;
      if (!this.isBefore(items[child], item)) break;
      items[i] = items[child];
      i = child;
    }
    items[i] = item;
    return first;
  }
}
