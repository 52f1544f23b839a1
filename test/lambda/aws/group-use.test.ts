/** Tests how the use of security groups is read from EC2. */
import { Ec2Network } from '../../../lambda/aws/network';
import { Pacer } from '../../../lambda/aws/pacing';
import { UnusableAnswer } from '../../../lambda/core/errors';
import { Network } from '../../support/ec2-endpoint';
import { connect, disconnect, type WireOptions } from '../../support/ec2-endpoint/over-the-wire';

afterEach(disconnect);

/** A network with three groups, of which the first two are used, the second one only together with another group. */
function aNetwork() {
  const network = new Network();
  const { vpcId } = network.addVpc();
  const [first, second, unused, other] = [1, 2, 3, 4].map(() => network.addSecurityGroup({ vpcId }).groupId);
  network.addNetworkInterface([other]);
  network.addNetworkInterface([first], { description: 'a secret description' });
  network.addNetworkInterface([other, second]);
  return { network, first, second, unused, other };
}

async function reader(network: Network, options: WireOptions = {}) {
  const { ec2, endpoint } = await connect({ network, ...options });
  return { port: new Ec2Network(ec2, ec2, new Pacer()), endpoint };
}

test.each([{ pageSize: 1 }, { pageSize: 1, emptyPages: true }, {}])('the ids of used groups that were asked for are read, and nothing else: %p', async paging => {
  const { network, first, second, unused } = aNetwork();
  const { port, endpoint } = await reader(network, paging);
  expect((await port.usedGroupIds([first, second, unused])).sort()).toEqual([first, second].sort());
  for (const { parameters } of endpoint.calls) {
    expect(parameters).toMatchObject({ Filter: [{ Name: 'group-id', Value: [first, second, unused] }] });
  }
});

test('a group that only a hidden interface has is used', async () => {
  const { network, unused } = aNetwork();
  network.addNetworkInterface([unused], { isHidden: true });
  const { port } = await reader(network);
  expect(await port.usedGroupIds([unused])).toEqual([unused]);
});

test('no further page is read as soon as every group is known to be used', async () => {
  const { network, first } = aNetwork();
  for (let count = 0; count < 300; count++) network.addNetworkInterface([first]);
  const { port, endpoint } = await reader(network);
  expect(await port.usedGroupIds([first])).toEqual([first]);
  expect(endpoint.calls).toHaveLength(1);
});

test.each<[name: string, distorted: object, flaw: string]>([
  ['without its id', { networkInterfaceId: undefined }, 'a network interface without its id'],
  ['without its groups', { groupSet: undefined }, 'without its security groups'],
  ['with a group without its id', { groupSet: [{ groupName: 'default' }] }, 'without its security groups'],
  ['of another group', { groupSet: [{ groupId: 'sg-0123456789abcdef0' }] }, 'that was not asked for'],
])('an answer with an interface %s is unusable, and hands over the groups that are used for sure', async (_, distorted, flaw) => {
  const { network, first, second } = aNetwork();
  const { port, endpoint } = await reader(network);
  endpoint.distort('DescribeNetworkInterfaces', answer => {
    const [one, ...others] = answer.networkInterfaceSet as object[];
    return { ...answer, networkInterfaceSet: [{ ...one, ...distorted }, ...others] } as typeof answer;
  });

  const error: unknown = await port.usedGroupIds([first, second]).catch(each => each);

  expect(error).toBeInstanceOf(UnusableAnswer);
  expect((error as UnusableAnswer).message).toContain(flaw);
  expect((error as UnusableAnswer).usable).toEqual([second]);
});

test('an answer without its list is unusable, and does not say that no group is used', async () => {
  const { network, first } = aNetwork();
  const { port, endpoint } = await reader(network);
  endpoint.distort('DescribeNetworkInterfaces', answer => ({ ...answer, networkInterfaceSet: undefined }));
  await expect(port.usedGroupIds([first])).rejects.toBeInstanceOf(UnusableAnswer);
});
