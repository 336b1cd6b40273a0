/** From optimizer steps already taken (0 on the first) to a learning rate. */
export type Schedule = (count: number) => number;
