/** The processes of one function. Each runs one invocation at a time, and is used again, as Lambda does. */
import type { LambdaProcess } from './lambda-process';

export class LambdaPool {
  /** Every process that was started, those that have ended included. */
  public readonly all: LambdaProcess[] = [];

  private readonly idle: LambdaProcess[] = [];
  private readonly waiting: Array<() => void> = [];
  /** The number of processes that are idle, at work or starting. */
  private size = 0;

  /** @param most the number of processes at a time */
  constructor(private readonly most: number, private readonly start: () => Promise<LambdaProcess>) {}

  /** Does something with a process of its own, once there is one. */
  public async use<T>(work: (lambda: LambdaProcess) => Promise<T>): Promise<T> {
    const lambda = await this.take();
    try {
      return await work(lambda);
    } finally {
      if (lambda.hasExited) this.size -= 1;
      else this.idle.push(lambda);
      this.waiting.shift()?.();
    }
  }

  private async take(): Promise<LambdaProcess> {
    for (;;) {
      const idle = this.idle.pop();
      if (idle && !idle.hasExited) return idle;
      if (idle) this.size -= 1;
      else if (this.size < this.most) return this.added();
      else await new Promise<void>(resolve => this.waiting.push(resolve));
    }
  }

  private async added(): Promise<LambdaProcess> {
    this.size += 1;
    try {
      const lambda = await this.start();
      this.all.push(lambda);
      return lambda;
    } catch (error) {
      this.size -= 1;
      this.waiting.shift()?.();
      throw error;
    }
  }
}
