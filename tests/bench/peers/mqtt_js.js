// The usual client of Node.js as a load generator: one process, so many connections, on each a
// QoS 1 message every so often, spread over the interval.
// node mqtt_js.js HOST PORT CONNECTIONS INTERVAL_MS SECONDS TOPIC PAYLOAD
'use strict';
const mqtt = require('mqtt');

const [host, port, connections, intervalMs, seconds, topic, payload] = process.argv.slice(2);
const all = Number(connections);
const each = Number(intervalMs);

/// Opens the connections one after the other, so that no listener's queue is too short.
function connect(number) {
  return new Promise((resolve, reject) => {
    const client = mqtt.connect({ host, port: Number(port), protocol: 'mqtt', keepalive: 60,
      clientId: `mqttjs-${process.pid}-${number}`, reconnectPeriod: 0 });
    client.once('connect', () => resolve(client));
    client.once('error', reject);
  });
}

function load(client, number) {
  const publish = () => client.publish(`${topic}/${number}`, payload, { qos: 1 });
  setTimeout(() => {
    publish();
    setInterval(publish, each);
  }, (each * number) / all);
}

(async () => {
  const clients = [];
  for (let number = 0; number < all; number += 1) clients.push(await connect(number));
  clients.forEach(load);
  setTimeout(() => process.exit(0), Number(seconds) * 1000);
})().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
