// A TLS server on Node's tls module. Argument: JSON with tls.createServer's options and "port".
const tls = require('tls');
const fs = require('fs');
const options = { port: 443, ...JSON.parse(process.argv[2]) };
for (const file of ['ca', 'cert', 'key']) if (options[file]) options[file] = fs.readFileSync(options[file]);
const server = tls.createServer(options, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n'));
});
server.on('tlsClientError', (e) => console.log(`${e.name}: ${e.message}`));
server.listen(options.port, '::');
