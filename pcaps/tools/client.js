// A TLS client on Node's tls module. Argument: JSON with tls.connect's options; "ca", "cert" and "key" are file names.
const tls = require('tls');
const fs = require('fs');
const options = { host: 'www.example.test', port: 443, ...JSON.parse(process.argv[2] || '{}') };
options.servername ??= options.host;
for (const file of ['ca', 'cert', 'key']) if (options[file]) options[file] = fs.readFileSync(options[file]);
const socket = tls.connect(options, () => {
    console.log(socket.getProtocol(), socket.getCipher().name);
    socket.write('GET / HTTP/1.0\r\n\r\n');
});
if (options.patience) socket.setTimeout(options.patience, () => socket.destroy(new Error('timeout')));
socket.on('data', () => {});
socket.on('end', () => socket.end());
socket.on('error', (e) => console.log(`${e.name}: ${e.message}${e.code ? ' code: ' + e.code : ''}`));
