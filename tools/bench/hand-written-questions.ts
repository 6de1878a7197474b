/** What the hand-written workflow asks, and how it is answered. */
export interface HandWrittenQuestion {
  readonly id: string;
  readonly value: string;
}

/** An answer names its question. */
export interface HandWrittenAnswer {
  readonly id: string;
  readonly value: number;
}
