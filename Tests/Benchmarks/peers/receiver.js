// A webhook receiver as one would write it for Node: each report is appended and synced before its answer.
//
//	node receiver.js PORT JOURNAL
'use strict';
const fs = require('fs');
const http = require('http');

const [port, journal] = process.argv.slice(2);
const file = fs.openSync(journal, 'a');

function end(answer, status, body) {
  answer.writeHead(status, { 'Content-Type': 'application/json' });
  answer.end(body);
}

function receive(body, answer) {
  let report;
  try {
    report = JSON.parse(body);
  } catch {
    return end(answer, 400, '{}');
  }
  if (!report.id || !report.state) return end(answer, 400, '{}');
  fs.write(file, body + '\n', (fault) => {
    if (fault) return end(answer, 503, '{}');
    fs.fdatasync(file, (fault) => end(answer, fault ? 503 : 200, '{"status":"accepted"}'));
  });
}

http.createServer((request, answer) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => receive(Buffer.concat(chunks).toString(), answer));
}).listen(Number(port), '127.0.0.1');
