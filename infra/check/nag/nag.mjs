// Runs cdk-nag on a CloudFormation template: `node nag.mjs TEMPLATE` prints its findings as a JSON array.
import { App, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';

const stack = new Stack(new App(), 'Stack');
new CfnInclude(stack, 'Template', { templateFile: process.argv[2] });

const findings = [new AwsSolutionsChecks(), new NIST80053R5Checks()]
  .flatMap((pack) => pack.validateScope(stack).violations)
  .flatMap(({ ruleName, description, violatingResources }) =>
    violatingResources.map(({ constructPath }) => ({
      rule: ruleName,
      resource: constructPath.split('/').at(-1),
      words: description,
    })),
  );
console.log(JSON.stringify(findings));
