-- Where all tables lie, on every host.
CREATE DATABASE IF NOT EXISTS readback_own ON CLUSTER 'readback_cluster'
