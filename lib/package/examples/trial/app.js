// A trial: everything is deleted with the stack. One file, in JavaScript.
const { App, CfnOutput, Stack } = require("aws-cdk-lib");
const { Benchstack } = require("benchstack-cdk");

const stack = new Stack(new App(), "BenchTrial");
const bench = new Benchstack(stack, "Bench", { mode: "trial", isolation: "open", budgetUsd: 50 });

new CfnOutput(stack, "Url", { value: bench.url });
new CfnOutput(stack, "AdminSecret", { value: bench.adminSecret.secretArn });
