/**
 * Replaces `@smithy/core/event-streams` in the bundle. The SDK loads it for operations that stream events, which no
 * service in `sdk.ts` has. It would be a tenth of the bundle.
 */
export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are left out of this bundle (bundle/event-streams.ts)');
  }
}
