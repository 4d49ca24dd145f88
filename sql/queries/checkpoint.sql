-- version, value of the newest checkpoint of {source:String}. Store::checkpoint.
SELECT version, value FROM checkpoint FINAL WHERE source = {source:String}
