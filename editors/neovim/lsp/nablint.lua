-- The server as Neovim 0.11 and later read it; older ones get the same table from lua/nablint/init.lua.
return require('nablint').config()
