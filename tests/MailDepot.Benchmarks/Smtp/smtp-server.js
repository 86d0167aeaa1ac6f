// nodemailer's smtp-server on a free port of 127.0.0.1: accepts every mail and stores none. Offers STARTTLS with the
// certificate from the environment. Prints the port.
const { SMTPServer } = require('smtp-server');

const server = new SMTPServer({
  authOptional: true,
  cert: process.env.CERTIFICATE,
  key: process.env.KEY,
  disabledCommands: ['AUTH'],
  disableReverseLookup: true,
  logger: false,
  onData(stream, session, callback) {
    stream.on('end', () => callback(null, 'taken'));
    stream.resume();
  },
});
server.on('error', () => {}); // a client that leaves
server.listen(0, '127.0.0.1', () => console.log(server.server.address().port));
