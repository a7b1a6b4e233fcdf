// Preloaded into every Node.js program that LocalStack starts (its Kinesis): servers that ask for all
// interfaces get the loopback one, and the program ends when LocalStack is gone.
const net = require("net");

const LOOPBACK = "127.0.0.1";
const everywhere = (host) => !host || host === "0.0.0.0" || host === "::";
const isPort = (value) => typeof value === "number" || /^\d+$/.test(value);
const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (...given) {
  const [first, second] = given;
  if (first !== null && typeof first === "object" && first.port !== undefined) {
    if (everywhere(first.host)) given[0] = { ...first, host: LOOPBACK };
  } else if (isPort(first) && typeof second === "string") {
    if (everywhere(second)) given[1] = LOOPBACK;
  } else if (isPort(first)) {
    given.splice(1, 0, LOOPBACK);
  }
  return listen.apply(this, given);
};

const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 1000).unref();
