import { readFileSync } from "node:fs";
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from "aws-cdk-lib";
import { computeRules } from "./compute.ts";
import { dataRules } from "./data.ts";
import { networkRules } from "./network.ts";
import type { Rule, Template } from "./template.ts";

/** The rules that every deployment follows, whatever its options. */
export const rules: Rule[] = [...networkRules, ...computeRules, ...dataRules];

/** Checks every synthesized template. A template that violates a rule is not deployed. */
export class PlatformRules implements IPolicyValidationPlugin {
  readonly name = "Benchstack";
  readonly ruleIds = rules.map(({ id }) => id);

  validate({ templatePaths }: IPolicyValidationContext): PolicyValidationPluginReport {
    const violations = templatePaths.flatMap((templatePath) => {
      const template = JSON.parse(readFileSync(templatePath, "utf8")) as Template;
      return rules.flatMap(({ id, promise, check }) =>
        check(template).map(({ logicalId, problem }): PolicyViolation => ({
          ruleName: id,
          description: `${promise} Violation: ${logicalId} ${problem}.`,
          violatingResources: [{ resourceLogicalId: logicalId, templatePath, locations: [] }],
        })),
      );
    });
    return { success: violations.length === 0, violations };
  }
}
