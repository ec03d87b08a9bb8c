// A task in place of the picture (app/captcha/work.py): for each part, the first number whose SHA-256 together with the
// challenge begins with enough zero bits. One block each: four words of challenge, the part, the number. Runs as a worker,
// beside the page; SubtleCrypto is slower for such short texts, and is not there on plain http.
"use strict";

const fraction = (root) => (root % 1) * 2 ** 32 | 0;
const primes = [];
for (let number = 2; primes.length < 64; number++) if (primes.every((prime) => number % prime)) primes.push(number);
const K = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const H = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const W = new Int32Array(64);

// The first word of the hash of what stands in W[0] to W[15].
function hash() {
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15], y = W[i - 2];
    W[i] = W[i - 16] + W[i - 7]
      + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
      + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
  }
  let a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
  for (let i = 0; i < 64; i++) {
    const one = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i] | 0;
    const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
    h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
  }
  return a + H[0] | 0;
}

function solve(challenge, part, bits) {
  W.fill(0);
  challenge.match(/.{8}/g).forEach((word, place) => { W[place] = parseInt(word, 16); });
  W[4] = part;
  W[6] = 0x80000000; // the text ends here, after 24 bytes
  W[15] = 192;
  let number = 0;
  for (W[5] = 0; hash() >>> 32 - bits; W[5] = ++number);
  return number;
}

onmessage = ({ data: { challenge, parts, bits } }) => {
  for (let part = 0; part < parts; part++) postMessage({ part, number: solve(challenge, part, bits) });
};
