// External TCP ingress needs a Container Apps environment in a virtual network of its own. The Functions app joins it only to get a
// fixed outbound address. There is no network security group, because it would not filter traffic into an external environment.
param name string
param location string
param tags object
param natGateway bool

resource address 'Microsoft.Network/publicIPAddresses@2025-05-01' = if (natGateway) {
  name: '${name}-outbound'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource gateway 'Microsoft.Network/natGateways@2025-05-01' = if (natGateway) {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { idleTimeoutInMinutes: 4, publicIpAddresses: [{ id: address.id }] }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.40.0.0/23'] }
    subnets: [
      {
        name: 'smtp'
        properties: {
          addressPrefix: '10.40.0.0/26'
          delegations: [{ name: 'apps', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'functions'
        properties: {
          addressPrefix: '10.40.1.0/26'
          natGateway: natGateway ? { id: gateway.id } : null
          delegations: [{ name: 'apps', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
    ]
  }

  resource smtp 'subnets' existing = {
    name: 'smtp'
  }
  resource functions 'subnets' existing = {
    name: 'functions'
  }
}

output smtpSubnetId string = network::smtp.id
output functionsSubnetId string = network::functions.id
output outboundAddress string = natGateway ? address!.properties.ipAddress : ''
