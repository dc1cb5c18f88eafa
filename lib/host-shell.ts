/** How an operator gets into a host: through Session Manager, without SSH, a key or an open port. */
import * as iam from "aws-cdk-lib/aws-iam";

/** Commands for the user data of a host. The agent connects to AWS by itself; a host without it works as well. */
export const installShell = (): string[] => [
  "systemd-run --no-block /bin/bash -c 'dnf install -y amazon-ssm-agent && systemctl enable --now amazon-ssm-agent'",
];

/** What the agent needs for sessions. AWS's own policy for it would also let a host read every parameter of the account. */
export function grantShell(role: iam.Role): void {
  role.addToPolicy(
    new iam.PolicyStatement({
      actions: [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ],
      // IAM does not support resources for channels, and a host does not know its id before it exists.
      resources: ["*"],
    }),
  );
}
