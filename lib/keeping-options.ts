/** The options about the database, backups and what stands before the web: their schemas, and what they must not be together. */
import * as z from "zod";
import { described, type Refuse } from "./option.ts";

/** RDS takes no smaller disk of this kind. */
const smallestStorageGiB = 20;

const databaseSchema = z.strictObject({
  instanceType: described(
    z
      .string()
      .regex(/^(t3|t4g|m\d+\w*|r\d+\w*)\.\w+$/, "must be an instance type of RDS for PostgreSQL such as t4g.small")
      .default("t4g.micro"),
    "The instance type. `t4g.micro` is enough for some hundred participants. A change restarts the database, for about ten minutes without `multiAz`.",
  ),
  multiAz: described(
    z.boolean().default(false),
    "Whether a second instance in another zone takes over within two minutes when the first one fails. It doubles the price.",
  ),
  storageGiB: described(
    z.int().min(smallestStorageGiB).max(65_536).default(smallestStorageGiB),
    "The disk at first. It grows by itself. RDS cannot make a disk smaller.",
  ),
  maxStorageGiB: described(
    z.int().min(smallestStorageGiB).max(65_536).default(100),
    "The size up to which the disk grows.",
  ),
});

const webAclArn = z
  .string()
  .regex(
    /^arn:aws:wafv2:us-east-1:\d{12}:global\/webacl\//,
    "must be a web ACL of the scope CLOUDFRONT, such as arn:aws:wafv2:us-east-1:123456789012:global/webacl/NAME/ID",
  );

/** These options, for `deploymentSchema`. */
export const keepingOptions = {
  database: described(
    databaseSchema.prefault({}),
    "The database that the deployment creates. `existingDatabase` has its own size.",
  ),
  backupDays: described(
    z.int().min(1).max(35).nullable().default(null),
    "For how many days the database can be restored to any second. In production, deleted and replaced files in S3 are kept as long. Without it: 14 in production, 1 in a trial.",
  ),
  webLogDays: described(
    z.int().min(1).max(365).nullable().default(null),
    "For how many days logs of all requests to CloudFront are kept in a bucket of their own, or `null` for no such logs. They contain addresses of people and whole URLs, with the tokens of links in mail.",
  ),
  webAclArn: described(
    webAclArn.nullable().default(null),
    "A web application firewall (WAF) for CloudFront. Workers and scripts that use `ApiUrl` go around it.",
  ),
};

interface KeepingOptions {
  database: z.output<typeof databaseSchema>;
  existingDatabase: unknown;
}

/** Refuses combinations that cannot work. */
export function refuseKeeping({ database, existingDatabase }: KeepingOptions, refuse: Refuse): void {
  const { storageGiB, maxStorageGiB } = database;
  if (maxStorageGiB < 1.1 * storageGiB)
    refuse(["database", "maxStorageGiB"], `must be at least 10 % more than storageGiB: RDS takes no less`);
  const chosen = JSON.stringify(database) !== JSON.stringify(databaseSchema.parse({}));
  if (existingDatabase !== null && chosen)
    refuse(["database"], "is for a database that the deployment creates: leave it out, or leave existingDatabase out");
}

/** For how many days backups and, in production, deleted files are kept. */
export const backupDaysOf = ({ mode, backupDays }: { mode: "production" | "trial"; backupDays: number | null }) =>
  backupDays ?? (mode === "production" ? 14 : 1);
