// The SMTP endpoint: the image in its role `smtp`, TCP 25 from outside.
param name string
param location string
param tags object
param identity programIdentity
param environmentId string
param registryServer string
param image string
param minReplicas int
param maxReplicas int
param connectionsPerReplica int
param graceSeconds int
param insightsConnectionString string
@description('Settings for the library, passed on unchanged.')
param settings object

import { programIdentity } from 'identities.bicep'

// Above 1024, because the image runs without privileges. tests/MailDepot.Infra.Tests/ImageTests compares them with code and image.
var smtpPort = 2525
var healthPort = 8080

var environmentSettings = union(settings, {
  AZURE_CLIENT_ID: identity.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  MailDepot__Smtp__Port: string(smtpPort)
})

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      registries: [{ server: registryServer, identity: identity.id }]
      ingress: { external: true, transport: 'tcp', targetPort: smtpPort, exposedPort: 25 }
    }
    template: {
      // After SIGTERM, running transactions may finish; new ones get 421.
      terminationGracePeriodSeconds: graceSeconds
      containers: [
        {
          name: 'smtp'
          image: image
          args: ['smtp']
          resources: { cpu: json('0.5'), memory: '1Gi' }
          env: map(items(environmentSettings), setting => { name: setting.key, value: setting.value })
          probes: [
            { type: 'Startup', httpGet: { port: healthPort, path: '/live' }, periodSeconds: 2, failureThreshold: 30 }
            { type: 'Liveness', httpGet: { port: healthPort, path: '/live' }, periodSeconds: 15, failureThreshold: 3 }
            {
              type: 'Readiness'
              httpGet: { port: healthPort, path: '/ready' }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        rules: [
          {
            name: 'connections'
            tcp: { metadata: { concurrentConnections: string(connectionsPerReplica) } }
          }
        ]
      }
    }
  }
}

output name string = app.name
