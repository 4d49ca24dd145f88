-- {database:Identifier}: where all tables lie.
CREATE DATABASE IF NOT EXISTS {database:Identifier}
