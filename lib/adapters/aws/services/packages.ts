/**
 * The SDK's package of a service, as in `secrets-manager` for `secretsmanager`: Step Functions names services without
 * hyphens, and a few otherwise than the SDK for JavaScript does.
 */
export function packageOf(service: string): string {
  const plain = service.replaceAll('-', '').toLowerCase();
  return OTHERWISE.get(plain) ?? HYPHENATED.get(plain) ?? plain;
}

const OTHERWISE: ReadonlyMap<string, string> = new Map([
  ['cloudwatchevents', 'cloudwatch-events'],
  ['config', 'config-service'],
  ['costandusagereport', 'cost-and-usage-report-service'],
  ['databasemigration', 'database-migration-service'],
  ['directory', 'directory-service'],
  ['elasticsearch', 'elasticsearch-service'],
  ['iotjobsdataplane', 'iot-jobs-data-plane'],
  ['lexmodelbuilding', 'lex-model-building-service'],
  ['lexruntime', 'lex-runtime-service'],
  ['marketplaceentitlement', 'marketplace-entitlement-service'],
]);

/** Packages whose names have hyphens. */
const HYPHENATED: ReadonlyMap<string, string> = new Map(
  `acm-pca api-gateway app-mesh application-auto-scaling application-insights application-signals auto-scaling
  auto-scaling-plans backup-gateway bcm-data-exports bedrock-agent bedrock-agent-runtime bedrock-data-automation
  bedrock-data-automation-runtime bedrock-runtime chime-sdk-identity chime-sdk-media-pipelines chime-sdk-meetings
  chime-sdk-messaging chime-sdk-voice cloudfront-keyvaluestore cloudhsm-v2 cloudsearch-domain cloudwatch-logs
  codeguru-reviewer codestar-connections codestar-notifications cognito-identity cognito-identity-provider cognito-sync
  compute-optimizer cost-explorer cost-optimization-hub customer-profiles data-pipeline device-farm devops-guru
  direct-connect docdb-elastic dynamodb-streams ec2-instance-connect ecr-public elastic-beanstalk
  elastic-load-balancing elastic-load-balancing-v2 elastic-transcoder emr-containers emr-serverless geo-maps geo-places
  geo-routes global-accelerator iot-data-plane iot-events iot-events-data iot-wireless ivs-realtime kinesis-analytics
  kinesis-analytics-v2 kinesis-video kinesis-video-archived-media kinesis-video-media kinesis-video-signaling
  kinesis-video-webrtc-storage launch-wizard lex-models-v2 lex-runtime-v2 license-manager machine-learning
  marketplace-agreement marketplace-catalog marketplace-commerce-analytics marketplace-metering mediapackage-vod
  mediastore-data medical-imaging migration-hub migration-hub-refactor-spaces migrationhub-config neptune-graph
  network-firewall partnercentral-selling payment-cryptography personalize-events personalize-runtime pinpoint-email
  pinpoint-sms-voice pinpoint-sms-voice-v2 qldb-session rds-data redshift-data redshift-serverless resource-explorer-2
  resource-groups resource-groups-tagging-api route-53 route-53-domains route53-recovery-cluster
  route53-recovery-control-config route53-recovery-readiness s3-control sagemaker-a2i-runtime sagemaker-edge
  sagemaker-featurestore-runtime sagemaker-geospatial sagemaker-runtime secrets-manager service-catalog
  service-catalog-appregistry service-quotas snow-device-management ssm-contacts ssm-incidents sso-admin sso-oidc
  storage-gateway timestream-influxdb timestream-query timestream-write transcribe-streaming voice-id vpc-lattice
  waf-regional workspaces-thin-client workspaces-web`
    .split(/\s+/)
    .map((name) => [name.replaceAll('-', ''), name]),
);
