/**
 * Replaces `@smithy/core/event-streams` in the bundle. The SDK loads it for operations that stream events, which no
 * command in `sdk.ts` is. It would be a tenth of the bundle.
 */
export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are left out of this bundle (bundle/event-streams.ts)');
  }
}

/** The client of Lambda has such an operation, so its constructor prepares for it. */
export const resolveEventStreamSerdeConfig = <T>(config: T): T => config;
export const eventStreamSerdeProvider = (): EventStreamSerde => new EventStreamSerde();
