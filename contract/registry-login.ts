/**
 * Logins of image registries. The platform seals a login as soon as it receives it, and only its own workers have the
 * key to open it: functions, the database and its backups never contain a readable password.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from "node:crypto";
import type { KeyObject } from "node:crypto";

/** What a person gives to `docker login`. */
export interface RegistryLogin {
  username: string;
  password: string;
}

/** The name of a registry for people, under which its login is stored. Hosts of Docker Hub have one name. */
export function registryName(host: string): string {
  const name = host.toLowerCase().replace(/:443$/, "");
  return ["index.docker.io", "registry-1.docker.io"].includes(name) ? "docker.io" : name;
}

/** The length of the public key of X25519 in its DER encoding, which starts with a fixed prefix. */
const publicKeyBytes = 44;
const tagBytes = 16;
/** A key that encrypts one message only needs no random nonce. */
const nonce = Buffer.alloc(12);

const asPublic = (der: Buffer) => createPublicKey({ key: der, format: "der", type: "spki" });
const asPrivate = (text: string) =>
  createPrivateKey({ key: Buffer.from(text, "base64"), format: "der", type: "pkcs8" });
const derOf = (key: KeyObject) => key.export({ format: "der", type: "spki" });

/** Makes the key that opens logins. */
export const newLoginKey = (): string =>
  generateKeyPairSync("x25519").privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");

/** The public half of a key, with which everybody can seal a login. */
export const sealingKeyOf = (loginKey: string): string =>
  derOf(createPublicKey(asPrivate(loginKey))).toString("base64");

/** The key of one sealed login, from the exchange of a key pair made for it and the key pair of the workers. */
function exchanged(privateKey: KeyObject, publicKey: KeyObject, sender: Buffer, receiver: Buffer): Buffer {
  const secret = diffieHellman({ privateKey, publicKey });
  return Buffer.from(hkdfSync("sha256", secret, Buffer.concat([sender, receiver]), "benchstack registry login", 32));
}

/** Seals a login for a registry: X25519, HKDF and AES-256-GCM. It opens for the same registry only. */
export function sealLogin(login: RegistryLogin, registry: string, sealingKey: string): string {
  const receiver = Buffer.from(sealingKey, "base64");
  const pair = generateKeyPairSync("x25519");
  const sender = derOf(pair.publicKey);
  const key = exchanged(pair.privateKey, asPublic(receiver), sender, receiver);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(registry));
  const content = Buffer.concat([cipher.update(JSON.stringify(login)), cipher.final()]);
  return Buffer.concat([sender, cipher.getAuthTag(), content]).toString("base64");
}

/** Opens a login. Throws when it was sealed for another key or another registry, or was changed. */
export function openLogin(sealed: string, registry: string, loginKey: string): RegistryLogin {
  const bytes = Buffer.from(sealed, "base64");
  const [sender, tag] = [bytes.subarray(0, publicKeyBytes), bytes.subarray(publicKeyBytes, publicKeyBytes + tagBytes)];
  const privateKey = asPrivate(loginKey);
  const key = exchanged(privateKey, asPublic(sender), sender, derOf(createPublicKey(privateKey)));
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(registry)).setAuthTag(tag);
  const content = Buffer.concat([decipher.update(bytes.subarray(publicKeyBytes + tagBytes)), decipher.final()]);
  return JSON.parse(content.toString()) as RegistryLogin;
}
