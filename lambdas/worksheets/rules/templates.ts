/** What worksheets with certain names have from the beginning. */

const home = `# Worksheets
A worksheet shows data, programs, runs and their results on one page. Log in, and make your own with \`cl new NAME\`.

## Worksheets of papers, software and data
% wsearch tag=paper,software,data .limit=20

## What changed last
% wsearch .last .limit=20`;

const dashboard = `## My worksheets
% wsearch .mine .limit=20

## My runs that have not ended
% display table run
% search .mine type=run state=created,staged,starting,preparing,running,finalizing .limit=20

## My latest bundles
% search .mine .last .limit=20

## Shared with me
% wsearch .shared .limit=20`;

/** The source of a new worksheet by its name. Searches show everybody what they themselves may read. */
export const templates: ReadonlyMap<string, string> = new Map([
  ["home", home],
  ["dashboard", dashboard],
]);
