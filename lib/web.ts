import { CustomResource, Duration, Fn } from "aws-cdk-lib";
import * as acm from "aws-cdk-lib/aws-certificatemanager";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import * as origins from "aws-cdk-lib/aws-cloudfront-origins";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import * as route53 from "aws-cdk-lib/aws-route53";
import * as route53targets from "aws-cdk-lib/aws-route53-targets";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { carriedRange } from "../lambdas/functions/carried-range.ts";
import { pagesAtApiPaths, webFileFor, webHeaders, webPolicy } from "../lambdas/functions/web-pages.ts";
import type { Api, Area } from "./api.ts";
import type { Deployment } from "./deployment.ts";
import { PlatformFunction } from "./function.ts";
import { privateBucket, type Storage } from "./storage.ts";

export interface WebProps {
  deployment: Deployment;
  api: Api;
  areas: Record<string, Area>;
  storage: Storage;
  /** Where the contents of worksheet bundles are streamed from, if the deployment has a gateway for them. */
  contents: cloudfront.IOrigin | undefined;
}

/** `webFileFor` as text. Without the blanks that its types leave, it is the same from the sources and from the package. */
const source = webFileFor
  .toString()
  .replace(/ +/g, " ")
  .replace(/ (?=[,)])/g, "");

/** Finds the file for a request in CloudFront's JavaScript, as `webFileFor` does. */
const fileFor = `${source}
function wanted(request) {
  var accept = request.headers.accept ? request.headers.accept.value : "";
  return webFileFor(request.method, request.uri, accept);
}`;

/** The web application is one page, which handles every path without a file extension. */
const toThePage = `${fileFor}
function handler(event) {
  var request = event.request;
  request.uri = wanted(request) || request.uri;
  return request;
}`;

/** Removes the slash at the end that clients of Codabench send. A greedy route of API Gateway may not match it. */
const withoutSlash = `function handler(event) {
  var request = event.request;
  request.uri = request.uri.replace(/\\/+$/, "");
  return request;
}`;

/** The contents of a worksheet bundle, whose uuid has so many characters: not a file in a bundle that is called so. */
const contentsPattern = `/rest/bundles/0x${"?".repeat(32)}/contents/blob*`;

/**
 * `cl` wants ranges with status 200, as the reference answers them. CloudFront would take such an answer for the whole file, so it
 * sees no range.
 */
const carryRange = `function handler(event) {
  var request = event.request;
  var range = request.headers.range;
  delete request.headers["${carriedRange}"];
  if (range) {
    request.headers["${carriedRange}"] = range;
    delete request.headers.range;
  }
  return request;
}`;

const bucketOrigin = "app";

/** At addresses of both, a browser that asks for a page gets the web application, and programs get the API. */
const toThePageOrApi = `import cf from "cloudfront";
${fileFor}
function handler(event) {
  var request = event.request;
  var file = wanted(request);
  if (${JSON.stringify(pagesAtApiPaths)}.indexOf(request.uri.replace(/\\/$/, "")) >= 0 && file !== null) {
    cf.selectRequestOriginById("${bucketOrigin}");
    request.uri = file;
    request.querystring = {};
  } else request.uri = request.uri.replace(/\\/+$/, "");
  return request;
}`;

/** One address for people: CloudFront serves the web application from a bucket and forwards API paths to the API. */
export class Web extends Construct {
  readonly bucket: s3.Bucket;
  readonly distribution: cloudfront.Distribution;
  /** Without a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, { deployment, api, areas, storage, contents }: WebProps) {
    super(scope, id);
    const { domain, webAclArn, webLogDays } = deployment;
    this.bucket = privateBucket(this, "App", deployment);
    const toApi: cloudfront.BehaviorOptions = {
      origin: new origins.HttpOrigin(Fn.select(2, Fn.split("/", api.url)), {
        protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
      }),
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      responseHeadersPolicy: cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
      functionAssociations: [this.#onRequest("WithoutSlash", withoutSlash)],
    };
    const policy = this.#securityPolicy(storage);
    const toEither: cloudfront.BehaviorOptions = {
      ...toApi,
      responseHeadersPolicy: policy,
      functionAssociations: [this.#onRequest("ToThePageOrApi", toThePageOrApi)],
    };
    const patterns = apiPatterns(areas).map((pattern): [string, cloudfront.BehaviorOptions] => [
      pattern,
      pagesAtApiPaths.includes(pattern.slice(0, -1)) ? toEither : toApi,
    ]);
    this.distribution = new cloudfront.Distribution(this, "Distribution", {
      comment: `${deployment.name}: web app and API`,
      defaultRootObject: "index.html",
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        origin: origins.S3BucketOrigin.withOriginAccessControl(this.bucket, {
          originId: bucketOrigin,
        }),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        responseHeadersPolicy: policy,
        functionAssociations: [this.#onRequest("ToThePage", toThePage)],
      },
      // CloudFront takes the first pattern that matches.
      additionalBehaviors: {
        ...(contents && { [contentsPattern]: this.#toGateway(toApi, contents) }),
        ...Object.fromEntries(patterns),
      },
      ...(webAclArn === null ? {} : { webAclId: webAclArn }),
      ...(webLogDays === null ? {} : { enableLogging: true, logBucket: this.#logs(deployment, webLogDays) }),
      ...(domain
        ? {
            domainNames: [domain.name],
            certificate: acm.Certificate.fromCertificateArn(this, "Certificate", domain.certificateArn),
          }
        : {}),
    });
    this.url = `https://${domain?.name ?? this.distribution.distributionDomainName}`;
    this.#publish();
    if (domain?.hostedZone) this.#makeRecords(domain.name, domain.hostedZone);
  }

  #toGateway(toApi: cloudfront.BehaviorOptions, origin: cloudfront.IOrigin): cloudfront.BehaviorOptions {
    return { ...toApi, origin, functionAssociations: [this.#onRequest("CarryRange", carryRange)] };
  }

  /** Browsers keep to it on every page. What the API says of its own answers stays. */
  #securityPolicy(storage: Storage): cloudfront.ResponseHeadersPolicy {
    const origins = storage.buckets.map((bucket) => `https://${bucket.bucketRegionalDomainName}`);
    return new cloudfront.ResponseHeadersPolicy(this, "Headers", {
      comment: "What browsers may do on the pages of the web application",
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: webPolicy(origins), override: false },
        contentTypeOptions: { override: true },
        referrerPolicy: {
          referrerPolicy: cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN,
          override: false,
        },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
      },
      customHeadersBehavior: {
        customHeaders: (["permissions-policy", "cross-origin-opener-policy"] as const).map((header) => ({
          header,
          value: webHeaders[header],
          override: false,
        })),
      },
    });
  }

  /** Uploads the built application when it has changed. Files of earlier releases stay, for the tabs that are open. */
  #publish(): void {
    const handler = new PlatformFunction(this, "Publish", {
      entry: "lambdas/functions/events/publish-web.ts",
      description: "Uploads the web application on deploy",
      timeout: Duration.minutes(5),
      memorySize: 256,
      kind: "customResource",
      environment: {},
    });
    const grant = iam.Grant.addToPrincipal({
      grantee: handler,
      actions: ["s3:PutObject"],
      resourceArns: [this.bucket.arnForObjects("*")],
    });
    const { code } = handler.node.defaultChild as lambda.CfnFunction;
    const files = new CustomResource(this, "Files", {
      resourceType: "Custom::WebFiles",
      serviceToken: handler.functionArn,
      serviceTimeout: Duration.minutes(6),
      // The code has the files beside it, so its address says which they are.
      properties: { bucket: this.bucket.bucketName, code: (code as lambda.CfnFunction.CodeProperty).s3Key },
    });
    files.node.addDependency(grant);
  }

  #onRequest(id: string, code: string): cloudfront.FunctionAssociation {
    return {
      eventType: cloudfront.FunctionEventType.VIEWER_REQUEST,
      function: new cloudfront.Function(this, id, {
        code: cloudfront.FunctionCode.fromInline(code),
        runtime: cloudfront.FunctionRuntime.JS_2_0,
      }),
    };
  }

  /** The bucket for the logs of CloudFront, which writes them as an owner of its own. */
  #logs(deployment: Deployment, days: number): s3.Bucket {
    return privateBucket(this, "Logs", deployment, {
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
      lifecycleRules: [{ expiration: Duration.days(days) }],
    });
  }

  #makeRecords(recordName: string, { id, name }: { id: string; name: string }): void {
    const zone = route53.HostedZone.fromHostedZoneAttributes(this, "Zone", { hostedZoneId: id, zoneName: name });
    const target = route53.RecordTarget.fromAlias(new route53targets.CloudFrontTarget(this.distribution));
    new route53.ARecord(this, "Ipv4", { zone, recordName, target });
    new route53.AaaaRecord(this, "Ipv6", { zone, recordName, target });
  }
}

/** CloudFront allows few path patterns, so all paths below /api share one. */
function apiPatterns(areas: Record<string, Area>): string[] {
  const prefixes = Object.values(areas).flatMap(({ paths }) => paths);
  return [...new Set(prefixes.map((prefix) => (prefix.startsWith("/api/") ? "/api/*" : `${prefix}*`)))].sort();
}
