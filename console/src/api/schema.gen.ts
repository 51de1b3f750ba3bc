// Generated from docs/openapi.yaml by `npm run generate`.
export interface paths {}
