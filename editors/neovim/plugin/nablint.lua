if vim.g.loaded_nablint then
  return
end
vim.g.loaded_nablint = true

require('nablint').enable()

local function command(name, run, about)
  local define = vim.api.nvim_create_user_command or vim.api.nvim_add_user_command
  define(name, run, { desc = about })
end

command('NablintDerive', function() require('nablint').derive() end, 'Show the derivation of the gradient on this line')
command('NablintCheck', function() require('nablint').check() end, 'Check every file of the workspace')
command('NablintRestart', function() require('nablint').restart() end, 'Restart the server')
