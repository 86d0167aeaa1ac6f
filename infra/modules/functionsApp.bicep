// The archiver and the POP3 collector: a Flex Consumption app.
// An update ends running work (siteUpdateStrategy is not in the type yet, and its default is Recreate). That is safe: every step
// of the archiver may run again.
param name string
param location string
param tags object
param identity programIdentity
param packageUrl string
param subnetId string
param instanceMemoryMB int
param maximumInstances int
param archiverAlwaysReady int
param collectorAlwaysReady int
param archiverBatch int
param usePlaceholder bool
param workBlobEndpoint string
param workQueueEndpoint string
param workTableEndpoint string
param insightsConnectionString string
@description('Settings for the library, passed on unchanged.')
param settings object

import { programIdentity } from 'identities.bicep'

var alwaysReady = filter(
  [
    { name: 'function:ArchiveMail', instanceCount: archiverAlwaysReady }
    { name: 'function:CollectMailbox', instanceCount: collectorAlwaysReady }
  ],
  ready => ready.instanceCount > 0
)

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReady
      }
    }
    siteConfig: { minTlsVersion: '1.2' }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(settings, {
      AZURE_CLIENT_ID: identity.clientId
      AzureWebJobsStorage__blobServiceUri: workBlobEndpoint
      AzureWebJobsStorage__queueServiceUri: workQueueEndpoint
      AzureWebJobsStorage__tableServiceUri: workTableEndpoint
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.clientId
      AzureFunctionsJobHost__extensions__queues__batchSize: string(archiverBatch)
      APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
      WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED: usePlaceholder ? '1' : '0'
    })
  }
}

output name string = site.name
