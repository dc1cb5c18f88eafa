/** What the store and the queues of the platform are called. */
export const region = "us-east-1";
export const keys = { accessKeyId: "key", secretAccessKey: "secret" };
export const buckets = ["benchstack-uploads", "benchstack-jobs"];
export const queueNames = ["benchstack-control", "benchstack-default", "benchstack-mail"];
