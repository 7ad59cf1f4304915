/** pkgcloud's Rackspace clients, unmodified, against a simulated cloud: prints one JSON object of what they saw. argv: base URL. */
const { promisify } = require('node:util');
const { setTimeout: pause } = require('node:timers/promises');
const pkgcloud = require('pkgcloud');

const options = { provider: 'rackspace', username: 'owner', apiKey: 'owner-key', authUrl: process.argv[2], region: 'ORD' };
const call = (client, name, ...args) => promisify(client[name].bind(client))(...args);

async function until(read, holds) {
  for (let tries = 0; tries < 300; tries += 1) {
    const value = await read();
    if (holds(value)) return value;
    await pause(100);
  }
  throw new Error('not within 30 s');
}

async function main() {
  const compute = pkgcloud.compute.createClient(options);
  const image = (await call(compute, 'getImages')).find(({ name }) => name.includes('Ubuntu'));
  const flavor = (await call(compute, 'getFlavors')).find(({ id }) => id === 'performance1-2');
  const created = await call(compute, 'createServer', { name: 'from-pkgcloud', image, flavor });
  const shown = () => call(compute, 'getServer', created.id);
  const first = (await shown()).original.status;
  const server = await until(shown, ({ status }) => status === 'RUNNING');
  const listed = (await call(compute, 'getServers')).some(({ name }) => name === 'from-pkgcloud');

  const balancers = pkgcloud.loadbalancer.createClient(options);
  const made = await call(balancers, 'createLoadBalancer', {
    name: 'from-pkgcloud',
    protocol: { name: 'HTTP', port: 80 },
    virtualIps: [{ type: 'PUBLIC' }],
    nodes: [{ address: server.addresses.private[0].addr ?? server.addresses.private[0], port: 80, condition: 'ENABLED' }],
  });
  const id = String(made.id); // pkgcloud makes URLs of texts only
  const active = () =>
    until(
      () => call(balancers, 'getLoadBalancer', id),
      ({ status }) => status === 'ACTIVE',
    );
  await active();
  await call(balancers, 'addNodes', id, [{ address: '10.200.0.1', port: 8080, condition: 'ENABLED' }]);
  await active();
  const nodes = await call(balancers, 'getNodes', id);
  await call(balancers, 'removeNode', id, String(nodes[0].id));
  await active();
  const left = (await call(balancers, 'getNodes', id)).length;
  await call(balancers, 'deleteLoadBalancer', id);
  await call(compute, 'destroyServer', server);
  const seen = { first, listed, flavor: flavor.ram, nodes: nodes.map(({ address, port }) => `${address}:${port}`), left };
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
