// The MQTT 3.1.1 broker that Liftward starts by itself when Mosquitto is not installed.
//
// In memory only, loopback only, no credentials: for trying out and for tests.
// Called as: node server.mjs <host> <port>. Stops on SIGTERM and SIGINT.

import { createServer } from 'node:net'
import { Aedes } from 'aedes'

// Deliveries under way at once, over all clients. One client that stops reading holds a slot for
// each message meant for it, so the default of 100 lets it stop everybody within a moment.
const CONCURRENT_DELIVERIES = 5000
// How long a client may refuse to read before it is disconnected; its session keeps the messages.
const DRAIN_TIMEOUT_MS = 10_000
// Packets a client may send before its session is restored. A gateway that returns sends a handful.
const PACKETS_BEFORE_SESSION = 200
// MQTT 3.1 allowed 23 characters only; 3.1.1 clients may use more.
const CLIENT_ID_LENGTH = 128
// As in mosquitto.conf, and more than the contract's limit: the gateway says what is too large.
const MAX_MESSAGE_BYTES = 4_000_000
const CONFIGURATION_ERROR = 2

const [host, portText] = process.argv.slice(2)
const port = Number(portText)
if (!host || !Number.isInteger(port) || port < 1 || port > 65535) {
  process.stderr.write('usage: node server.mjs <host> <port from 1 to 65535>\n')
  process.exit(CONFIGURATION_ERROR)
}

const broker = await Aedes.createBroker({
  concurrency: CONCURRENT_DELIVERIES,
  drainTimeout: DRAIN_TIMEOUT_MS,
  queueLimit: PACKETS_BEFORE_SESSION,
  maxClientsIdLength: CLIENT_ID_LENGTH,
  // An error here would disconnect the sender, which would send the same message again for ever.
  // Emptied, the message ends in the gateway's quarantine and its sender goes on.
  authorizePublish: (client, packet, done) => {
    if (packet.payload && packet.payload.length > MAX_MESSAGE_BYTES) {
      process.stderr.write(`emptied a message of ${packet.payload.length} bytes from ${client?.id}\n`)
      packet.payload = Buffer.alloc(0)
    }
    done(null)
  }
})
broker.on('clientError', (client, error) => {
  process.stderr.write(`client ${client.id}: ${error.message}\n`)
})
broker.on('connectionError', (_client, error) => {
  process.stderr.write(`connection: ${error.message}\n`)
})

const server = createServer({ noDelay: true }, broker.handle)
server.on('error', (error) => {
  process.stderr.write(`cannot listen on ${host}:${port}: ${error.message}\n`)
  process.exit(1)
})
server.listen(port, host)

const stop = () => {
  server.close()
  broker.close(() => process.exit(0))
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
