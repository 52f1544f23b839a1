/**
 * Stands in for `@smithy/core/event-streams` in the bundle: the SDK loads it for operations that stream events, of
 * which none of the services in `sdk.ts` has one. It would be a tenth of the bundle.
 */
export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are left out of this bundle (bundle/event-streams.ts)');
  }
}
