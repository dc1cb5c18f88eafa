/** The header in which CloudFront passes on the range that a request for contents asks for. */
export const carriedRange = "x-benchstack-range";
