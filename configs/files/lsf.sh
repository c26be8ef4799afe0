# Where this node's batch system is. {{node.fqdn}} is one of its hosts.
export LSF_SERVER={{service.lsf.name}}
export LSF_HOST={{node.name}}
export DYNFARM_SITE={{site.name}}
