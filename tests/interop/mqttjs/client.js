// MQTT.js behind the line protocol of clients.md: node client.js FOLDER_WITH_NODE_MODULES.
'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const { createRequire } = require('module');
const mqtt = createRequire(path.resolve(process.argv[2]) + '/')('mqtt');

let client = null;
let lost = false;
const messages = [];
let wakeUp = null; // whoever waits for a message or for the end of the connection

function changed() {
  if (wakeUp) wakeUp();
}

/// Waits until `ready()` answers something, at most `ms`.
function until(ready, ms) {
  return new Promise((resolve) => {
    const look = () => {
      const value = ready();
      if (value !== undefined) finish(value);
    };
    const timer = setTimeout(() => finish(undefined), ms);
    const finish = (value) => {
      clearTimeout(timer);
      wakeUp = null;
      resolve(value);
    };
    wakeUp = look;
    look();
  });
}

function absent(word) {
  return word === '-' ? undefined : word;
}

function connect(words) {
  const [scheme, port, clientId, clean, keepAlive, version, user, password, ca, willTopic, willQos,
    willRetain, ...willPayload] = words;
  const options = {
    clientId, clean: clean === '1', keepalive: Number(keepAlive), protocolVersion: Number(version),
    protocolId: version === '3' ? 'MQIsdp' : 'MQTT', username: absent(user),
    password: absent(password), reconnectPeriod: 0, resubscribe: false, connectTimeout: 30000,
  };
  if (ca !== '-') options.ca = fs.readFileSync(ca);
  if (willTopic !== '-') {
    options.will = { topic: willTopic, payload: willPayload.join(' '), qos: Number(willQos),
      retain: willRetain === '1' };
  }
  lost = false;
  return new Promise((resolve) => {
    client = mqtt.connect(`${scheme}://${ca === '-' ? '127.0.0.1' : 'localhost'}:${port}`, options);
    client.on('message', (topic, payload, packet) => {
      messages.push(`message ${packet.qos} ${packet.retain ? 1 : 0} ${topic} ${payload}`);
      changed();
    });
    client.once('connect', (connack) => resolve(`connected ${connack.sessionPresent ? 1 : 0}`));
    client.on('error', (error) =>
      resolve(error.code > 0 ? `refused ${error.code}` : `failed ${error.message}`));
    client.on('close', () => {
      lost = true;
      changed();
      resolve('failed the connection was closed');
    });
  });
}

function settle(call) {
  return new Promise((resolve) => {
    call((error, granted) => {
      if (error && !granted) resolve(`failed ${error.message}`);
      else resolve(granted);
    });
  });
}

const commands = {
  connect,
  async subscribe([qos, filter]) {
    // The library turns SUBACK's 0x80 into an error; the code is in the packet either way.
    let code;
    const look = (packet) => {
      if (packet.cmd === 'suback') code = packet.granted[0];
    };
    client.on('packetreceive', look);
    const answer = await settle((done) => client.subscribe(filter, { qos: Number(qos) }, done));
    client.removeListener('packetreceive', look);
    return code === undefined ? answer : `granted ${code}`;
  },
  async unsubscribe([filter]) {
    return (await settle((done) => client.unsubscribe(filter, (e) => done(e)))) || 'ok';
  },
  async publish([qos, retain, topic, ...payload]) {
    const options = { qos: Number(qos), retain: retain === '1' };
    const text = payload.join(' ');
    return (await settle((done) => client.publish(topic, text, options, (e) => done(e)))) || 'ok';
  },
  async expect([ms]) {
    return (await until(() => messages.shift(), Number(ms))) || 'nothing';
  },
  async lost([ms]) {
    return (await until(() => (lost ? 'lost' : undefined), Number(ms))) || 'nothing';
  },
  async disconnect() {
    await new Promise((resolve) => client.end(false, {}, resolve));
    return 'ok';
  },
};

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, ...words] = line.split(' ');
    process.stdout.write(`${await commands[name](words)}\n`);
  }
  process.exit(0);
}

main();
