// Logs and metrics. Without keys: programs publish with their identities, people read with theirs.
param name string
param location string
param tags object
param retentionDays int
param dailyGb int
param archiverPrincipalId string
param smtpPrincipalId string

import { roles } from 'roles.bicep'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
    workspaceCapping: { dailyQuotaGb: dailyGb }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

var publishers = [
  { who: 'archiver', principalId: archiverPrincipalId }
  { who: 'smtp', principalId: smtpPrincipalId }
]
resource publish 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for publisher in publishers: {
    name: guid(insights.id, publisher.who, roles.monitoringMetricsPublisher)
    scope: insights
    properties: {
      principalId: publisher.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.monitoringMetricsPublisher
      )
    }
  }
]

output workspaceId string = workspace.id
@description('Identifies the resource and its endpoint. Not a secret: with local authentication off, its key opens nothing.')
output connectionString string = insights.properties.ConnectionString
