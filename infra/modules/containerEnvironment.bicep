// The Container Apps environment that the SMTP app runs in, with a public address of its own.
param name string
param location string
param tags object
param subnetId string
param workspaceId string
param zoneRedundant bool

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    vnetConfiguration: { infrastructureSubnetId: subnetId, internal: false }
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
    zoneRedundant: zoneRedundant
    appLogsConfiguration: { destination: 'azure-monitor' } // without a workspace key: the diagnostic setting below sends them
  }
}

#disable-next-line use-recent-api-versions // the linter's 2016-09-01 has no category groups
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: environment
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

output id string = environment.id
output address string = environment.properties.staticIp
