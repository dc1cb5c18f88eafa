import { Duration, Fn } from "aws-cdk-lib";
import * as acm from "aws-cdk-lib/aws-certificatemanager";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import * as origins from "aws-cdk-lib/aws-cloudfront-origins";
import * as route53 from "aws-cdk-lib/aws-route53";
import * as route53targets from "aws-cdk-lib/aws-route53-targets";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { Api, Area } from "./api.ts";
import type { Deployment } from "./deployment.ts";
import { privateBucket } from "./storage.ts";

export interface WebProps {
  deployment: Deployment;
  api: Api;
  areas: Record<string, Area>;
}

/** The web application is one page, which handles every path without a file extension. */
const toThePage = `function handler(event) {
  var request = event.request;
  if (!/\\.[^/]+$/.test(request.uri)) request.uri = "/index.html";
  return request;
}`;

/** Removes the slash at the end that clients of Codabench send. A greedy route of API Gateway may not match it. */
const withoutSlash = `function handler(event) {
  var request = event.request;
  request.uri = request.uri.replace(/\\/+$/, "");
  return request;
}`;

/** One address for people: CloudFront serves the web application from a bucket and forwards API paths to the API. */
export class Web extends Construct {
  readonly bucket: s3.Bucket;
  readonly distribution: cloudfront.Distribution;
  /** Without a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, { deployment, api, areas }: WebProps) {
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
    this.distribution = new cloudfront.Distribution(this, "Distribution", {
      comment: `${deployment.name}: web app and API`,
      defaultRootObject: "index.html",
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        origin: origins.S3BucketOrigin.withOriginAccessControl(this.bucket),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        responseHeadersPolicy: cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
        functionAssociations: [this.#onRequest("ToThePage", toThePage)],
      },
      additionalBehaviors: Object.fromEntries(apiPatterns(areas).map((pattern) => [pattern, toApi])),
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
    if (domain?.hostedZone) this.#makeRecords(domain.name, domain.hostedZone);
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
