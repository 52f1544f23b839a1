/** Tests the calls of CloudTrail that describe trails. They have the same address as EC2. */
import { CloudTrailClient, DescribeTrailsCommand, GetEventSelectorsCommand, GetTrailStatusCommand } from '@aws-sdk/client-cloudtrail';
import { clientOf, closing, connect as connectEc2, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

async function connect() {
  const { endpoint } = await connectEc2();
  return { endpoint, cloudTrail: closing(new CloudTrailClient(clientOf(endpoint))) };
}

type Wire = Awaited<ReturnType<typeof connect>>;

async function names({ cloudTrail }: Wire, includeShadowTrails?: boolean) {
  const { trailList = [] } = await cloudTrail.send(new DescribeTrailsCommand({ includeShadowTrails }));
  return trailList.map(({ Name }) => Name);
}

/** A trail of this Region, one of another, one of all Regions, and one of an organization that this account is in. */
async function connectToFour() {
  const wire = await connect();
  const { endpoint } = wire;
  return {
    wire,
    own: endpoint.addTrail({ name: 'own' }),
    elsewhere: endpoint.addTrail({ name: 'elsewhere', homeRegion: 'us-east-1', isMultiRegion: false }),
    everywhere: endpoint.addTrail({ name: 'everywhere', homeRegion: 'us-east-1' }),
    organization: endpoint.addTrail({
      name: 'organization', trailArn: 'arn:aws:cloudtrail:eu-central-1:999988887777:trail/organization',
      isOrganization: true, isMultiRegion: true,
    }),
  };
}

test('a trail is shown with its home, and there may be none', async () => {
  const wire = await connect();
  expect(await names(wire)).toEqual([]);
  const { trailArn } = wire.endpoint.addTrail({ name: 'own', isMultiRegion: true });
  expect((await wire.cloudTrail.send(new DescribeTrailsCommand({}))).trailList).toMatchObject([{
    Name: 'own', TrailARN: trailArn, HomeRegion: 'eu-central-1', IsMultiRegionTrail: true, IsOrganizationTrail: false,
  }]);
});

test('shadow trails are included unless they are not wanted, and a trail of another Region only is not there', async () => {
  const { wire } = await connectToFour();
  expect(await names(wire)).toEqual(['own', 'everywhere', 'organization']);
  expect(await names(wire, true)).toEqual(['own', 'everywhere', 'organization']);
  expect(await names(wire, false)).toEqual(['own']);
});

test('a shadow trail is found by its ARN, and not by its name', async () => {
  const { wire: { cloudTrail }, own, everywhere, organization, elsewhere } = await connectToFour();
  own.isLogging = false;
  const status = (Name: string) => cloudTrail.send(new GetTrailStatusCommand({ Name }));
  expect((await status('own')).IsLogging).toBe(false);
  for (const { name, trailArn } of [everywhere, organization]) {
    expect((await status(trailArn)).IsLogging).toBe(true);
    expect(await refusal(status(name))).toMatchObject({ code: 'TrailNotFoundException', status: 400 });
  }
  expect(await refusal(status(elsewhere.trailArn))).toMatchObject({ code: 'TrailNotFoundException' });
  expect(await refusal(status('a'))).toMatchObject({ code: 'InvalidTrailNameException' });
});

test('the selectors of a trail are those that it was given, or one for all management events', async () => {
  const wire = await connect();
  const selectors = async (name: string) => {
    const { $metadata: _, ...answer } = await wire.cloudTrail.send(new GetEventSelectorsCommand({ TrailName: name }));
    return answer;
  };
  const { trailArn } = wire.endpoint.addTrail({ name: 'own' });
  wire.endpoint.addTrail({ name: 'reads', eventSelectors: [{ ReadWriteType: 'ReadOnly', IncludeManagementEvents: true }] });
  const FieldSelectors = [{ Field: 'eventCategory', Equals: ['Data'] }];
  wire.endpoint.addTrail({ name: 'data', advancedEventSelectors: [{ Name: 'data', FieldSelectors }] });
  expect(await selectors('own')).toMatchObject({
    TrailARN: trailArn, EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }],
  });
  expect((await selectors('reads')).EventSelectors).toEqual([{ ReadWriteType: 'ReadOnly', IncludeManagementEvents: true }]);
  const data = await selectors('data');
  expect(data.AdvancedEventSelectors).toEqual([{ Name: 'data', FieldSelectors }]);
  expect(data.EventSelectors).toBeUndefined();
  expect(await refusal(selectors('none'))).toMatchObject({
    code: 'TrailNotFoundException', message: 'Unknown trail: none for the user: 111122223333',
  });
});

test.each(['DescribeTrails', 'GetTrailStatus', 'GetEventSelectors'])('%s can be denied and throttled', async action => {
  const wire = await connect();
  wire.endpoint.addTrail({ name: 'own' });
  const send = () => ({
    DescribeTrails: () => wire.cloudTrail.send(new DescribeTrailsCommand({})),
    GetTrailStatus: () => wire.cloudTrail.send(new GetTrailStatusCommand({ Name: 'own' })),
    GetEventSelectors: () => wire.cloudTrail.send(new GetEventSelectorsCommand({ TrailName: 'own' })),
  })[action]!();
  await send();
  wire.endpoint.fault({ action, kind: 'throttle', times: 1 });
  expect(await refusal(send())).toMatchObject({ code: 'ThrottlingException', status: 400 });
  wire.endpoint.deny(action);
  expect(await refusal(send())).toMatchObject({ code: 'AccessDeniedException', status: 400 });
});
